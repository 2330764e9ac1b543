@echo off
rem codex-auth shim: "codex auth" is codex-auth, everything else is the official client.
rem Put here by "codex auth setup"; "codex auth setup --undo" takes it away.
setlocal DisableDelayedExpansion
set "codex_auth_node=@node@"
set "codex_auth_script=@script@"
if not "%~1"=="auth" goto client
set "CODEX_AUTH_INVOKED_AS=codex auth"
if not exist "%codex_auth_node%" goto fallback
if not exist "%codex_auth_script%" goto fallback
"%codex_auth_node%" "%codex_auth_script%" %*
exit /b %errorlevel%
:fallback
where /q codex-auth
if errorlevel 1 goto gone
call codex-auth %*
exit /b %errorlevel%
:gone
>&2 echo error: codex-auth is gone: there is no "%codex_auth_script%", or nothing to run it, and no codex-auth on PATH
>&2 echo   -^> npm install -g codex-auth, then codex-auth setup; or remove what called it: del "%~f0"
exit /b 127
:client
set "codex_auth_client="
for /f "delims=" %%c in ('where codex 2^>nul') do call :consider "%%c"
if not defined codex_auth_client goto missing
endlocal & "%codex_auth_client%" %*
exit /b %errorlevel%
:consider
if defined codex_auth_client exit /b 0
if exist "%~dp1.codex-auth-shim" exit /b 0
for %%e in (.exe .cmd .bat .com) do if /i "%~x1"=="%%e" set "codex_auth_client=%~1"
exit /b 0
:missing
>&2 echo error: the official Codex CLI is not on PATH; only this shim of codex-auth is (%~f0)
>&2 echo   -^> npm install -g @openai/codex; or take the shim away: codex auth setup --undo
exit /b 127

# codex-auth shim: "codex auth" is codex-auth, everything else is the official client.
# Put here by "codex auth setup"; "codex auth setup --undo" takes it away.
$node = '@node@'
$script = '@script@'
if ($args.Count -gt 0 -and $args[0] -ceq 'auth') {
  $env:CODEX_AUTH_INVOKED_AS = 'codex auth'
  try {
    if ((Test-Path -LiteralPath $node) -and (Test-Path -LiteralPath $script)) {
      & $node $script @args
      exit $LASTEXITCODE
    }
    $program = Get-Command codex-auth -CommandType Application, ExternalScript -ErrorAction SilentlyContinue | Select-Object -First 1
    if ($program) {
      & $program @args
      exit $LASTEXITCODE
    }
  } finally {
    Remove-Item Env:CODEX_AUTH_INVOKED_AS
  }
  [Console]::Error.WriteLine("error: codex-auth is gone: there is no $script, or nothing to run it, and no codex-auth on PATH")
  [Console]::Error.WriteLine("  -> npm install -g codex-auth, then codex-auth setup; or remove what called it: $PSCommandPath")
  exit 127
}
$client = Get-Command codex -All -CommandType Application, ExternalScript -ErrorAction SilentlyContinue |
  Where-Object { -not (Test-Path -LiteralPath (Join-Path (Split-Path $_.Source) '.codex-auth-shim')) } |
  Select-Object -First 1
if (-not $client) {
  [Console]::Error.WriteLine("error: the official Codex CLI is not on PATH; only this shim of codex-auth is ($PSCommandPath)")
  [Console]::Error.WriteLine('  -> npm install -g @openai/codex; or take the shim away: codex auth setup --undo')
  exit 127
}
if ($MyInvocation.ExpectingInput) { $input | & $client @args } else { & $client @args }
exit $LASTEXITCODE

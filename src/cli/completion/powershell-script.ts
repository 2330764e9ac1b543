export const powershellScript = String.raw`# Completion of codex-auth, and of "codex auth", for PowerShell. In $PROFILE, after that of codex:
#   codex-auth completion powershell | Out-String | Invoke-Expression

$__codexAuthComplete = {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        Select-Object -Skip 1 | ForEach-Object { "$_".Trim("'", '"') })
    $typed = $wordToComplete.Trim("'", '"')
    # An empty argument could be lost on the way; any word that is no option asks the same.
    $current = if ($typed -eq '') { '.' } else { $typed }
    & codex-auth __complete @words $current 2>$null | Select-Object -Skip 1 | ForEach-Object {
        $value, $description = $_ -split [char]9, 2
        if (-not $value.StartsWith($typed, [StringComparison]::OrdinalIgnoreCase)) { return }
        $text = if ($value -match '[^\w\-.@=:/+]') { "'" + ($value -replace "['\u2018-\u201b]", '$0$0') + "'" } else { $value }
        $tip = if ($description) { $description } else { $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $tip)
    }
}

Register-ArgumentCompleter -Native -CommandName codex-auth -ScriptBlock $__codexAuthComplete

# A command has one completer. Where PowerShell does not tell which one codex has, that one stays as it is.
try {
    $__codexAuthFlags = [System.Reflection.BindingFlags]'NonPublic,Instance'
    $__codexAuthEngine = $ExecutionContext.GetType().GetField('_context', $__codexAuthFlags).GetValue($ExecutionContext)
    $__codexAuthProperty = $__codexAuthEngine.GetType().GetProperty('NativeArgumentCompleters', $__codexAuthFlags)
    $__codexAuthKnown = $__codexAuthProperty.GetValue($__codexAuthEngine)
    if ($__codexAuthKnown -and "$($__codexAuthKnown['codex'])" -notmatch '__codexAuthComplete') {
        $__codexAuthOfficial = $__codexAuthKnown['codex']
    }
    Register-ArgumentCompleter -Native -CommandName codex -ScriptBlock {
        param($wordToComplete, $commandAst, $cursorPosition)
        $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
            ForEach-Object { "$_" })
        if ($words.Count -gt 1 -and $words[1] -eq 'auth') {
            & $__codexAuthComplete $wordToComplete $commandAst $cursorPosition
            return
        }
        if ($__codexAuthOfficial) { & $__codexAuthOfficial $wordToComplete $commandAst $cursorPosition }
        if ($words.Count -eq 1 -and $wordToComplete -ne '' -and 'auth'.StartsWith($wordToComplete)) {
            [System.Management.Automation.CompletionResult]::new('auth', 'auth', 'ParameterValue', 'Manage several ChatGPT logins')
        }
    }
} catch { }
`;

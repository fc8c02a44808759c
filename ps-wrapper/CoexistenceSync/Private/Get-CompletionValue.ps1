function Get-CompletionValue {
    # What a completer offers, remembered for half a minute in each folder: Tab is pressed often.
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Command)

    $key = "$Command|" + (Get-Location -PSProvider FileSystem).ProviderPath
    $known = $script:Completion[$key]
    if ($known -and $known.Clock.Elapsed.TotalSeconds -lt 30) { return $known.Value }
    try { $value = @(& $Command -TimeoutSeconds 2 -ErrorAction Stop -WarningAction SilentlyContinue) } catch { $value = @() }
    $script:Completion[$key] = @{ Value = $value; Clock = [System.Diagnostics.Stopwatch]::StartNew() }
    $value
}

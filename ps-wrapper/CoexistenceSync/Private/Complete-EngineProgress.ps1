function Complete-EngineProgress {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [hashtable] $State)

    foreach ($bar in $State.Progress.Values) { Write-Progress -Id $bar.Id -Activity $State.Activity -Completed }
    $State.Progress.Clear()
}

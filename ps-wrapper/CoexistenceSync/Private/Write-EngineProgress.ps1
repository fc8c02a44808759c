function Write-EngineProgress {
    # At most five times a second for each bar: Windows PowerShell 5.1 draws every one.
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] $Item, [Parameter(Mandatory = $true)] [hashtable] $State)

    Set-StrictMode -Off
    $name = [string] $Item.id
    $bar = $State.Progress[$name]
    if ($null -eq $bar) {
        $bar = @{ Id = $State.Progress.Count + 1; Clock = $null }
        $State.Progress[$name] = $bar
    }
    if ($Item.end) {
        Write-Progress -Id $bar.Id -Activity $State.Activity -Completed
        $State.Progress.Remove($name)
        return
    }
    if ($null -ne $bar.Clock -and $bar.Clock.ElapsedMilliseconds -lt 200) { return }
    $percent = -1
    if ($null -ne $Item.pct) { $percent = [Math]::Max(-1, [Math]::Min(100, [int] $Item.pct)) }
    $status = [string] $Item.activity
    if ($Item.total) { $status = "${status}: $([int] $Item.done) of $($Item.total)" }
    elseif ($Item.done) { $status = "${status}: $($Item.done)" }
    if (-not $status) { $status = 'working' }
    Write-Progress -Id $bar.Id -Activity $State.Activity -Status $status -PercentComplete $percent
    $bar.Clock = [System.Diagnostics.Stopwatch]::StartNew()
}

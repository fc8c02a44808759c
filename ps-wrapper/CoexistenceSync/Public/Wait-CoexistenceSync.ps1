function Wait-CoexistenceSync {
    <#
    .SYNOPSIS
    Waits until a run ends, and gives it.
    .DESCRIPTION
    With -TimeoutSeconds it waits no longer than that: the run goes on, comes back in the state Running, and a warning says so. A
    run that was cut off because its process is gone comes back with the error Coexistence.RunPartial.
    .PARAMETER RunId
    The run; the last one when left out.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Wait no longer than this. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Start-CoexistenceSync -NoWait | Wait-CoexistenceSync

    Starts in the background and waits.
    .EXAMPLE
    Wait-CoexistenceSync -TimeoutSeconds 60

    Waits a minute for the last run.
    .OUTPUTS
    Coexistence.SyncRun: RunId, State, Changes, Succeeded, Errors and more.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.SyncRun')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('Id')]
        [string] $RunId = 'last',

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    process {
        $request = @{ op = 'runs.wait'; args = @($RunId); configPath = $ConfigPath; records = @(); params = @{} }
        if ($TimeoutSeconds -gt 0) { $request.params = @{ timeout = "${TimeoutSeconds}s" } }
        # How the run ended is told by its state: one that a guard stopped is not an error of waiting.
        Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -Activity 'Coexistence sync' -ResultType 'SyncRun' -Tolerate 1, 5, 6
    }
}

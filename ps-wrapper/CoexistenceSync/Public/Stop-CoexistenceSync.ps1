function Stop-CoexistenceSync {
    <#
    .SYNOPSIS
    Asks a run to end after the changes in flight.
    .DESCRIPTION
    The run ends by itself, in order; applying the same plan again carries it on. A run that has ended already stays as it is.
    Wait-CoexistenceSync waits for the end.
    .PARAMETER RunId
    The run; the last one when left out.
    .PARAMETER Reason
    Why, for the list of runs.
    .PARAMETER PassThru
    Give the run.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask.
    .EXAMPLE
    Stop-CoexistenceSync

    Asks, and stops the last run.
    .EXAMPLE
    Get-CoexistenceRun -State Running | Stop-CoexistenceSync -Reason 'wrong OU' -Force

    Stops what runs without a question.
    .OUTPUTS
    None; with -PassThru Coexistence.SyncRun.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    [OutputType('Coexistence.SyncRun')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('Id')]
        [string] $RunId = 'last',

        [string] $Reason,

        [switch] $PassThru,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath,

        [switch] $Force
    )
    begin {
        $preference = Get-CallerPreference -Caller $PSCmdlet -Force:$Force
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
    }
    process {
        $go = $false
        $go = $PSCmdlet.ShouldProcess("run $RunId", 'Stop')
        if ($go) {
            $request = @{ op = 'runs.stop'; mode = 'apply'; args = @($RunId); configPath = $ConfigPath; params = @{ reason = $Reason } }
            $run = Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence runs' -ResultType 'SyncRun'
            if ($PassThru) { $run }
        }
    }
}

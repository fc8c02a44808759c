function Resume-CoexistenceTask {
    <#
    .SYNOPSIS
    Lets suspended tasks be tried again.
    .DESCRIPTION
    They are tried with the next sync, or at once by Invoke-CoexistenceTask.
    .PARAMETER Id
    The tasks, by their ids.
    .PARAMETER PassThru
    Give the task as it is then.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistenceTask -State Suspended | Resume-CoexistenceTask

    Lets all of them go on.
    .EXAMPLE
    Resume-CoexistenceTask -Id 4c1d3c1e-8f0a-4f3a-9a55-0c1f0a6f2b11 -WhatIf

    Says what would be done.
    .OUTPUTS
    None; with -PassThru Coexistence.DelayedTask.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low')]
    [OutputType('Coexistence.DelayedTask')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('TaskId')]
        [string[]] $Id,

        [switch] $PassThru,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    begin {
        $preference = Get-CallerPreference -Caller $PSCmdlet
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
    }
    process {
        $call = @{ Caller = $PSCmdlet; EnginePath = $EnginePath; TimeoutSeconds = $TimeoutSeconds; Activity = 'Coexistence tasks' }
        foreach ($name in $Id) {
            $go = $false
            $go = $PSCmdlet.ShouldProcess("task $name", 'Resume')
            if ($go) {
                $task = Invoke-CoexistenceEngine -Request @{ op = 'tasks.resume'; mode = 'apply'; args = @($name); configPath = $ConfigPath } @call
                if ($PassThru) { $task }
            }
        }
    }
}

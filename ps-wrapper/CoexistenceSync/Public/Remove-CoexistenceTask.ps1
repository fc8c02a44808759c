function Remove-CoexistenceTask {
    <#
    .SYNOPSIS
    Ends delayed tasks without their effect.
    .DESCRIPTION
    The next plan proposes the change again while the policies want it.
    .PARAMETER Id
    The tasks, by their ids.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask.
    .EXAMPLE
    Remove-CoexistenceTask -Id 4c1d3c1e-8f0a-4f3a-9a55-0c1f0a6f2b11

    Ends one task, and asks before.
    .EXAMPLE
    Get-CoexistenceTask -State Suspended | Remove-CoexistenceTask -Force

    Ends the suspended ones without a question.
    .OUTPUTS
    None.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('TaskId')]
        [string[]] $Id,

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
        $call = @{ Caller = $PSCmdlet; EnginePath = $EnginePath; TimeoutSeconds = $TimeoutSeconds; Activity = 'Coexistence tasks' }
        foreach ($name in $Id) {
            $go = $false
            $go = $PSCmdlet.ShouldProcess("task $name", 'Cancel')
            if ($go) {
                $task = Invoke-CoexistenceEngine -Request @{ op = 'tasks.cancel'; mode = 'apply'; args = @($name); configPath = $ConfigPath } @call
                $null = $task
            }
        }
    }
}

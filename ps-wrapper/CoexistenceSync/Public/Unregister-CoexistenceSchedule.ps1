function Unregister-CoexistenceSchedule {
    <#
    .SYNOPSIS
    Removes a scheduled run.
    .DESCRIPTION
    A run that is going on is left alone.
    .PARAMETER Name
    The name of the task.
    .PARAMETER TaskPath
    The folder of the task in the Task Scheduler.
    .PARAMETER Force
    Do not ask. It lifts no guard.
    .EXAMPLE
    Unregister-CoexistenceSchedule

    Asks, and removes the task Coexistence Sync.
    .EXAMPLE
    Get-CoexistenceSchedule | Unregister-CoexistenceSchedule -Force

    Removes every scheduled run without a question.
    .OUTPUTS
    None.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [string] $Name = 'Coexistence Sync',

        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [string] $TaskPath = '\Coexistence\',

        [switch] $Force
    )
    begin {
        $preference = Get-CallerPreference -Caller $PSCmdlet -Force:$Force
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
    }
    process {
        $go = $false
        $go = $PSCmdlet.ShouldProcess("$TaskPath$Name", 'Remove the scheduled task')
        if ($go) { Unregister-TaskEntry -Name $Name -TaskPath $TaskPath -Caller $PSCmdlet }
    }
}

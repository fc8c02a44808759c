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
        # A -WhatIf or -Confirm of the function that calls us does not reach a module by itself.
        $preference = Get-CallerPreference -Caller $PSCmdlet
        if (-not $PSBoundParameters.ContainsKey('WhatIf')) { $WhatIfPreference = $preference.WhatIf }
        if (-not $PSBoundParameters.ContainsKey('Confirm')) {
            $ConfirmPreference = $preference.Confirm
            if ($Force) { $ConfirmPreference = 'None' }
        }
    }
    process {
        $go = $false
        $go = $PSCmdlet.ShouldProcess("$TaskPath$Name", 'Remove the scheduled task')
        if ($go) { Unregister-TaskEntry -Name $Name -TaskPath $TaskPath -Caller $PSCmdlet }
    }
}

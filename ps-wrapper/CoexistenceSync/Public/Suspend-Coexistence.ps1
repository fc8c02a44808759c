function Suspend-Coexistence {
    <#
    .SYNOPSIS
    Lets nothing be written to the tenant until it is resumed.
    .DESCRIPTION
    The halt of the engine: runs under way end after the changes in flight, and others, also those of the schedule, are refused
    with the error Coexistence.Halted. Planning and reading go on.
    .PARAMETER Reason
    Why, such as a change number. It is kept.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask.
    .EXAMPLE
    Suspend-Coexistence -Reason 'INC0042: mailboxes vanish'

    Stops all writing.
    .EXAMPLE
    Suspend-Coexistence -Reason 'change freeze' -WhatIf

    Says what would be done.
    .OUTPUTS
    Coexistence.Halt: Active, Reason, Since, User, Computer.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    [OutputType('Coexistence.Halt')]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $Reason,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath,

        [switch] $Force
    )
    end {
        $preference = Get-CallerPreference -Caller $PSCmdlet -Force:$Force
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
        $go = $false
        $go = $PSCmdlet.ShouldProcess('the tenant', 'Suspend writing')
        if ($go) {
            $request = @{ op = 'halt'; mode = 'apply'; params = @{ reason = $Reason }; configPath = $ConfigPath }
            Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence'
        }
    }
}

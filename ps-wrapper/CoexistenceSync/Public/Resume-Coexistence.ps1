function Resume-Coexistence {
    <#
    .SYNOPSIS
    Lets the tenant be written to again.
    .DESCRIPTION
    Lifts what Suspend-Coexistence ordered. Where nothing is suspended the error is Coexistence.NotFound.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask.
    .EXAMPLE
    Resume-Coexistence

    Asks, and lets runs write again.
    .EXAMPLE
    Resume-Coexistence -Force

    Does so without a question.
    .OUTPUTS
    Coexistence.Halt: Active, Reason, Since, LiftedAt, LiftedBy.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    [OutputType('Coexistence.Halt')]
    param(
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
        $go = $PSCmdlet.ShouldProcess('the tenant', 'Resume writing')
        if ($go) {
            $request = @{ op = 'halt'; mode = 'apply'; params = @{ lift = $true }; configPath = $ConfigPath }
            Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence'
        }
    }
}

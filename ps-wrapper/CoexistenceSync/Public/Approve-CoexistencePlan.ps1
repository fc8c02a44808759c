function Approve-CoexistencePlan {
    <#
    .SYNOPSIS
    Records that a plan may be applied.
    .DESCRIPTION
    Who approved what stands in the store of the engine, by the digest of the plan. With approvals in coexist.yaml no plan is
    applied without. It lets no guard pass.
    .PARAMETER PlanId
    The plan: its file, or the digest of a plan in this folder, or the first eight characters of that.
    .PARAMETER Comment
    Why, such as a change number.
    .PARAMETER SigningKeyPath
    A PEM file with an Ed25519 key that signs the plan.
    .PARAMETER Withdraw
    Take the approval back instead.
    .PARAMETER PassThru
    Give the approvals of the plan that count.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask.
    .EXAMPLE
    Approve-CoexistencePlan -PlanId monday.plan -Comment 'CHG0031337'

    Approves a plan.
    .EXAMPLE
    Get-CoexistencePlan | Approve-CoexistencePlan -PassThru

    Approves the plans of this folder and shows who did so.
    .OUTPUTS
    None; with -PassThru Coexistence.Approval: PlanDigest, User, Computer, Comment, ApprovedAt.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    [OutputType('Coexistence.Approval')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('Id')]
        [string] $PlanId,

        [string] $Comment,

        [string] $SigningKeyPath,

        [switch] $Withdraw,

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
        $path = Resolve-PlanPath -PlanId $PlanId -Caller $PSCmdlet -ConfigPath $ConfigPath -EnginePath $EnginePath
        $action = 'Approve'
        if ($Withdraw) { $action = 'Withdraw the approval' }
        $go = $false
        $go = $PSCmdlet.ShouldProcess("plan $path", $action)
        if ($go) {
            $request = @{ op = 'approve'; mode = 'apply'; args = @($path); configPath = $ConfigPath; params = @{ withdraw = [bool] $Withdraw } }
            if ($Comment) { $request.params.comment = $Comment }
            if ($SigningKeyPath) { $request.params.sign = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($SigningKeyPath) }
            $found = @(Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence plan')
            if ($PassThru) { $found }
        }
    }
}

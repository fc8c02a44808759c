function Undo-CoexistenceRun {
    <#
    .SYNOPSIS
    Makes the plan that takes a run back.
    .DESCRIPTION
    Nothing is written to the tenant: the plan is looked at, approved and applied like any other, with Start-CoexistenceSync
    -PlanId. What cannot be taken back is withheld with its reason, and so is what somebody changed since. Where policies and
    directory still want what the run did, the next plan proposes it again: change them first.
    .PARAMETER RunId
    The run, or last.
    .PARAMETER Path
    The file to write the plan to.
    .PARAMETER PlanPath
    The plan of the run, where its copy beside the store is gone.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask.
    .EXAMPLE
    Get-CoexistenceRun -First 1 | Undo-CoexistenceRun

    Makes undo.plan.
    .EXAMPLE
    Undo-CoexistenceRun -RunId last -Path back.plan; Start-CoexistenceSync -PlanId back.plan -Confirm

    Takes the last run back, and asks with the figures.
    .OUTPUTS
    Coexistence.Plan: Digest, Path, State, Added, Updated, Deleted, Skipped and more.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low')]
    [OutputType('Coexistence.Plan')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('Id')]
        [string] $RunId,

        [string] $Path = 'undo.plan',

        [string] $PlanPath,

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
        $file = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
        $go = $false
        $go = $PSCmdlet.ShouldProcess($file, "Write the plan that takes run $RunId back")
        if ($go) {
            $request = @{ op = 'undo'; args = @($RunId); configPath = $ConfigPath; records = @('Plan'); params = @{ out = $file } }
            if ($PlanPath) { $request.params.plan = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($PlanPath) }
            Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence undo' -ResultType 'Plan' -Tolerate 5
        }
    }
}

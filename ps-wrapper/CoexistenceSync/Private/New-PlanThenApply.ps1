function New-PlanThenApply {
    # Makes the plan that is to be confirmed, and gives the request that applies it; nothing where nothing is to be applied.
    [CmdletBinding()]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Makes a plan; the public function asks before it is applied.')]
    param(
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Request,
        [Parameter(Mandatory = $true)] [string] $Folder,
        [Parameter(Mandatory = $true)] [System.Collections.IDictionary] $Call
    )
    $file = [System.IO.Path]::Combine($Folder, 'confirm.plan')
    $planning = @{ op = 'plan'; configPath = $Request.configPath; records = @('Plan'); params = @{ object = $Request.params.object; out = $file } }
    $plan = Invoke-CoexistenceEngine -Request $planning -Caller $Call.Caller -EnginePath $Call.EnginePath -TimeoutSeconds $Call.TimeoutSeconds -Activity $Call.Activity -ResultType 'Plan'
    if ($null -eq $plan -or $plan.Changes -eq 0) {
        Write-Warning -Message 'There is nothing to change.'
        return
    }
    @{ op = 'apply'; configPath = $Request.configPath; args = @($file); params = @{}; records = @() }
}

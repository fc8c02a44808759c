function New-CoexistencePlan {
    <#
    .SYNOPSIS
    Makes a plan: what would be changed, before anything is.
    .DESCRIPTION
    The engine reads directory and tenant, decides by the policies, and writes a plan file. Nothing is written to the tenant.
    A plan that exceeds a guard is written all the same, with a warning.
    .PARAMETER Path
    The plan file to write, coexist.plan in the current folder when left out.
    .PARAMETER Identity
    Only these objects: user principal name, distinguished name, sAMAccountName or objectGUID. Nothing is deleted then.
    .PARAMETER OrganizationalUnit
    Only objects below these distinguished names.
    .PARAMETER AsOf
    Hold dates in policies against this instant. Such a plan is a preview and is never applied.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    New-CoexistencePlan

    Makes coexist.plan and shows its figures.
    .EXAMPLE
    $plan = New-CoexistencePlan -Path monday.plan; $plan | Get-CoexistencePlanChange -Operation delete

    Makes a plan and looks at what it deletes.
    .OUTPUTS
    Coexistence.Plan: Digest, Path, State, Changes, Added, Updated, Deleted, Held, Guards and more.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low')]
    [OutputType('Coexistence.Plan')]
    param(
        [Parameter(Position = 0)]
        [string] $Path = 'coexist.plan',

        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [Alias('DistinguishedName', 'UserPrincipalName', 'ObjectGUID', 'ObjectId')]
        [string[]] $Identity,

        [Alias('SearchBase')]
        [string[]] $OrganizationalUnit,

        [Nullable[datetime]] $AsOf,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    begin {
        $preference = Get-CallerPreference -Caller $PSCmdlet
        $WhatIfPreference, $ConfirmPreference = $preference.WhatIf, $preference.Confirm
        $wanted = New-Object -TypeName 'System.Collections.Generic.List[string]'
    }
    process {
        foreach ($name in $Identity) { if ($name) { $wanted.Add($name) } }
    }
    end {
        if ($MyInvocation.ExpectingInput -and $wanted.Count -eq 0) { return }
        $file = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
        $go = $false
        $go = $PSCmdlet.ShouldProcess($file, 'Make a plan')
        if ($go) {
            $params = @{ out = $file; object = $wanted.ToArray(); ou = @($OrganizationalUnit | Where-Object -FilterScript { $_ }) }
            if ($null -ne $AsOf) { $params['as-of'] = $AsOf }
            $request = @{ op = 'plan'; configPath = $ConfigPath; params = $params; records = @('Plan') }
            Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence plan' -ResultType 'Plan' -Tolerate 5
        }
    }
}

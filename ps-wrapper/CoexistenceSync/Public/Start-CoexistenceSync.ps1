function Start-CoexistenceSync {
    <#
    .SYNOPSIS
    Plans and applies within the guards, or applies a plan that was made before.
    .DESCRIPTION
    Without -PlanId the engine reads directory and tenant, makes a plan and carries it out unless a guard is exceeded. With
    -PlanId it carries out exactly that plan. One object comes back, when the run is over; Get-CoexistenceRunChange gives the
    details. Errors of single objects are written after the end of the run, so -ErrorAction Stop never cuts a run short.

    With -WhatIf nothing is written anywhere, and every change is a "What if:" line. With -Confirm the plan is made first and
    the question names its figures; where nobody can be asked nothing is started at all.

    A guard that is exceeded ends the run without a question; the plan is kept. Look at it with Show-CoexistencePlan. One
    guard is lifted for one plan by -AllowGuard with -PlanDigest and -Reason, never by -Force.

    Where another engine such as Entra Connect owns objects, a warning says so: that engine is started on its own server, with
    Start-ADSyncSyncCycle.
    .PARAMETER PolicyType
    Delta reads what changed, Initial reads everything. Connected directories without change tracking are read in full either
    way; -Verbose says so.
    .PARAMETER FullSync
    The same as -PolicyType Initial, as DirSync had it.
    .PARAMETER Identity
    Only these objects: user principal name, distinguished name, sAMAccountName or objectGUID. Nothing is deleted then.
    .PARAMETER NoWait
    Go on in the background: the run comes back at once in the state Running. Wait-CoexistenceSync waits for it and
    Stop-CoexistenceSync ends it.
    .PARAMETER PlanId
    The plan to apply: its file, or the digest of a plan in this folder, or the first eight characters of that.
    .PARAMETER AllowGuard
    The one guard that this plan may exceed.
    .PARAMETER PlanDigest
    The digest of the plan that the guard is lifted for.
    .PARAMETER Reason
    Why the guard is lifted, such as a change number. It is kept in the journal.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .PARAMETER Force
    Do not ask. It lifts no guard.
    .EXAMPLE
    Start-CoexistenceSync -WhatIf

    Shows what a run would change. Nothing is written.
    .EXAMPLE
    Start-CoexistenceSync -PolicyType Delta -Confirm

    Plans, asks with the figures of the plan, and applies.
    .EXAMPLE
    Start-CoexistenceSync -PlanId 1f3a9c04 -AllowGuard delete -PlanDigest sha256:1f3a9c04... -Reason 'CHG0012345'

    Applies a plan that deletes more than its guard allows, once, for a reason.
    .EXAMPLE
    Start-CoexistenceSync -NoWait | Wait-CoexistenceSync -TimeoutSeconds 600

    Starts in the background and waits ten minutes at most.
    .EXAMPLE
    Get-ADUser -Filter "Department -eq 'Sales'" | Start-CoexistenceSync

    Synchronises some users only.
    .OUTPUTS
    Coexistence.SyncRun: RunId, PolicyType, Mode, State, Changes, Added, Updated, Deleted, Errors, Duration,
    EngineVersion and more. One object at the end.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Sync')]
    [OutputType('Coexistence.SyncRun')]
    [Alias('Start-OnlineCoexistenceSync')]
    param(
        [Parameter(ParameterSetName = 'Sync', Position = 0)]
        [ValidateSet('Delta', 'Initial')]
        [string] $PolicyType = 'Delta',

        [Parameter(ParameterSetName = 'Sync')]
        [switch] $FullSync,

        [Parameter(ParameterSetName = 'Sync', ValueFromPipelineByPropertyName = $true)]
        [Alias('DistinguishedName', 'UserPrincipalName', 'ObjectGUID', 'ObjectId')]
        [string[]] $Identity,

        [Parameter(ParameterSetName = 'Sync')]
        [switch] $NoWait,

        [Parameter(ParameterSetName = 'Plan', Mandatory = $true)]
        [string] $PlanId,

        [Parameter(ParameterSetName = 'Plan')]
        [string] $AllowGuard,

        [Parameter(ParameterSetName = 'Plan')]
        [string] $PlanDigest,

        [Parameter(ParameterSetName = 'Plan')]
        [string] $Reason,

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
        $wanted = New-Object -TypeName 'System.Collections.Generic.List[string]'
    }
    process {
        foreach ($name in $Identity) { if ($name) { $wanted.Add($name) } }
    }
    end {
        # Objects were promised through the pipeline and none came: that must not mean all of them.
        if ($PSCmdlet.ParameterSetName -eq 'Sync' -and $MyInvocation.ExpectingInput -and $wanted.Count -eq 0) { return }
        $call = @{ Caller = $PSCmdlet; EnginePath = $EnginePath; TimeoutSeconds = $TimeoutSeconds; Activity = 'Coexistence sync'; ResultType = 'SyncRun'; DeferError = $true }
        $request = New-SyncRequest -Set $PSCmdlet.ParameterSetName -Parameter $PSBoundParameters -Identity $wanted.ToArray() -Caller $PSCmdlet
        if ($WhatIfPreference) {
            $request.mode = 'whatif'
            if ($request.op -eq 'apply') {
                $request.op = 'show'
                $request.Remove('params')
            }
            Invoke-CoexistenceEngine -Request $request @call
            return
        }
        $asks = [System.Management.Automation.ConfirmImpact] $ConfirmPreference
        $target, $action = 'the tenant', 'Synchronize'
        $folder = $null
        try {
            if ($asks -ne 'None' -and $asks -le [System.Management.Automation.ConfirmImpact]::Medium) {
                Assert-CanAsk -Caller $PSCmdlet
                if ($request.op -eq 'sync' -and -not $NoWait) {
                    $folder = [System.IO.Path]::Combine([System.IO.Path]::GetTempPath(), 'coexist-' + [guid]::NewGuid().ToString('n'))
                    $null = [System.IO.Directory]::CreateDirectory($folder)
                    $request = New-PlanThenApply -Request $request -Folder $folder -Call $call
                    if ($null -eq $request) { return }
                }
                $plan = $null
                if ($request.op -eq 'apply') { $plan = Get-PlanHead -Path $request.args[0] -Caller $PSCmdlet -ConfigPath $ConfigPath -EnginePath $EnginePath }
                if ($plan) { $target, $action = "tenant $($plan.Tenant)", "Apply plan $($plan.Digest.Substring(0, 15)): add $($plan.Added), update $($plan.Updated), delete $($plan.Deleted)" }
            }
            # Where nobody can be asked ShouldProcess throws, and a function goes on after a statement that threw. Only a true
            # answer may lead to the engine.
            $go = $false
            $go = $PSCmdlet.ShouldProcess($target, $action)
            if ($go) {
                $request.mode = 'apply'
                if ($NoWait) { $request.params.detach = $true }
                Invoke-CoexistenceEngine -Request $request @call
            }
        }
        finally {
            if ($folder) { [System.IO.Directory]::Delete($folder, $true) }
        }
    }
}

function Get-CoexistencePlanChange {
    <#
    .SYNOPSIS
    Gets the changes of a plan, or what it withholds.
    .DESCRIPTION
    Streams one object for each change. Ending the pipeline early is harmless.
    .PARAMETER PlanId
    The plan: its file, or the digest of a plan in this folder, or the first eight characters of that.
    .PARAMETER Operation
    Only changes of these kinds.
    .PARAMETER Skipped
    Give what the plan withholds, with the reasons, instead of its changes.
    .PARAMETER ResultSize
    At most this many. 0 for all.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistencePlanChange -Operation delete, disable

    Lists what coexist.plan takes away.
    .EXAMPLE
    Get-CoexistencePlan monday.plan | Get-CoexistencePlanChange -Skipped | Group-Object -Property Reason

    Counts what a plan withholds, by reason.
    .OUTPUTS
    Coexistence.Change: Operation, Identity, ObjectType, Directory, Attributes and more; with -Skipped Coexistence.Skip.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.Change', 'Coexistence.Skip')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('Path', 'FullName', 'Digest')]
        [string] $PlanId = 'coexist.plan',

        [ValidateSet('create', 'adopt', 'update', 'license', 'refer', 'members', 'disable', 'delete', 'restore')]
        [string[]] $Operation,

        [switch] $Skipped,

        [ValidateRange(0, 2147483647)]
        [int] $ResultSize = 0,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    process {
        $file = Resolve-PlanPath -PlanId $PlanId -Caller $PSCmdlet -ConfigPath $ConfigPath -EnginePath $EnginePath
        $type = 'Change'
        if ($Skipped) { $type = 'Skip' }
        $most = [int]::MaxValue
        if ($ResultSize -gt 0) { $most = $ResultSize }
        $request = @{ op = 'show'; args = @($file); configPath = $ConfigPath; records = @($type) }
        Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence plan' |
            Where-Object -FilterScript { -not $Operation -or $Skipped -or $Operation -contains $_.Operation } | Select-Object -First $most | Restore-TypeName
    }
}

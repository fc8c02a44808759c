function Show-CoexistencePlan {
    <#
    .SYNOPSIS
    Shows the report of a plan as people read it.
    .DESCRIPTION
    The text is the same as that of "coexist show", and fit for a change ticket.
    .PARAMETER PlanId
    The plan: its file, or the digest of a plan in this folder, or the first eight characters of that.
    .PARAMETER Full
    List every object instead of the first few of each group.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Show-CoexistencePlan

    Shows the report of coexist.plan.
    .EXAMPLE
    Show-CoexistencePlan -PlanId monday.plan -Full | Set-Content -Path report.txt -Encoding UTF8

    Keeps the whole report in a file.
    .OUTPUTS
    System.String, one for each line.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('Path', 'FullName', 'Digest')]
        [string] $PlanId = 'coexist.plan',

        [switch] $Full,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    process {
        $file = Resolve-PlanPath -PlanId $PlanId -Caller $PSCmdlet -ConfigPath $ConfigPath -EnginePath $EnginePath
        $request = @{ op = 'show'; args = @($file); configPath = $ConfigPath; params = @{ full = [bool] $Full }; records = @('ReportLine') }
        Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence plan' | ForEach-Object -Process { $_.Text }
    }
}

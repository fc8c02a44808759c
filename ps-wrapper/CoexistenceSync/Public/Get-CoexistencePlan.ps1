function Get-CoexistencePlan {
    <#
    .SYNOPSIS
    Gets plan files with their figures.
    .DESCRIPTION
    Looks at the plan files of the current folder, or at those named. A file that is no plan is told as a warning.
    .PARAMETER Path
    Plan files, or folders of them. The current folder when left out.
    .PARAMETER State
    Only plans in these states.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistencePlan

    Lists the plans of the current folder.
    .EXAMPLE
    Get-CoexistencePlan -State GuardExceeded | Show-CoexistencePlan

    Shows the reports of plans that need a decision.
    .OUTPUTS
    Coexistence.Plan: Digest, Path, State, CreatedAt, ExpiresAt, Changes, Added, Updated, Deleted, Guards and more.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.Plan')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('FullName')]
        [string[]] $Path = '.',

        [ValidateSet('Ready', 'GuardExceeded', 'Preview', 'Empty')]
        [string[]] $State,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    process {
        foreach ($name in $Path) {
            $full = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($name)
            $files = @($full)
            if ([System.IO.Directory]::Exists($full)) { $files = [System.IO.Directory]::GetFiles($full, '*.plan') }
            foreach ($file in $files) {
                $request = @{ op = 'show'; args = @($file); configPath = $ConfigPath; records = @('Plan') }
                Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence plan' -ResultType 'Plan' -Tolerate 6 |
                    Where-Object -FilterScript { -not $State -or $State -contains $_.State }
            }
        }
    }
}

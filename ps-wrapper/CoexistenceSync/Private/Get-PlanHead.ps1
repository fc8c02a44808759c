function Get-PlanHead {
    # The head of a plan file; nothing for a file that is no plan any more.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller,
        [string] $ConfigPath,
        [string] $EnginePath
    )
    $request = @{ op = 'show'; args = @($Path); configPath = $ConfigPath; records = @('Plan') }
    Invoke-CoexistenceEngine -Request $request -Caller $Caller -EnginePath $EnginePath -Activity 'Coexistence plan' -ResultType 'Plan' -Tolerate 6
}

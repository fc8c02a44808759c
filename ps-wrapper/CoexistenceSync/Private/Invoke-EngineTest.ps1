function Invoke-EngineTest {
    # Runs checks of the engine and gives their outcomes, or with -Quiet whether there are any and none is an error. A check
    # that fails is an outcome, not an error of the command.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $Op,
        [Parameter(Mandatory = $true)] [System.Management.Automation.PSCmdlet] $Caller,
        [string] $ConfigPath,
        [string] $EnginePath,
        [int] $TimeoutSeconds,
        [switch] $Quiet
    )
    $request = @{ op = $Op; configPath = $ConfigPath; records = @('TestResult') }
    $results = Invoke-CoexistenceEngine -Request $request -Caller $Caller -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence test' -Tolerate 3, 8, 9
    if (-not $Quiet) { return $results }
    @($results).Count -gt 0 -and @($results | Where-Object -FilterScript { -not $_.Passed -and $_.Severity -eq 'Error' }).Count -eq 0
}

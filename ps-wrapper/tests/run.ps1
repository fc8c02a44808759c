# Runs the tests and writes their results as NUnit XML: run.ps1 RESULTS [FILE...]
param([Parameter(Mandatory = $true)] [string] $Results, [string[]] $Path = $PSScriptRoot)
$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.TestResult.Enabled = $true
$configuration.TestResult.OutputPath = $Results
$configuration.Output.CIFormat = 'None'
$outcome = Invoke-Pester -Configuration $configuration
exit $outcome.FailedCount

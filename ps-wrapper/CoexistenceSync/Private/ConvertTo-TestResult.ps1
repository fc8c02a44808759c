function ConvertTo-TestResult {
    # Turns validated objects into outcomes of a test: one for each finding, or one that passed.
    [CmdletBinding()]
    param(
        [Parameter(ValueFromPipeline = $true)] $InputObject,
        [switch] $Quiet
    )
    begin {
        $passed, $seen = $true, $false
    }
    process {
        $seen = $true
        if ($InputObject.ValidationStatus -eq 'Error') { $passed = $false }
        if ($Quiet) { return }
        $rows = @($InputObject.Errors)
        if ($rows.Count -eq 0) { $rows = @([pscustomobject] @{ Code = 'all checks'; Severity = ''; Message = ''; RecommendedAction = '' }) }
        foreach ($row in $rows) {
            [pscustomobject] @{
                PSTypeName        = 'Coexistence.TestResult'
                Target            = $InputObject.Identity
                Name              = $row.Code
                Passed            = $row.Severity -ne 'Error'
                Severity          = $row.Severity
                Message           = $row.Message
                RecommendedAction = $row.RecommendedAction
            }
        }
    }
    end {
        if ($Quiet) { $seen -and $passed }
    }
}

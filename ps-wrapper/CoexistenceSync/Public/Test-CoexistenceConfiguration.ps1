function Test-CoexistenceConfiguration {
    <#
    .SYNOPSIS
    Tests coexist.yaml and the policies.
    .DESCRIPTION
    Checks everything that needs no connection; every mistake is one object.
    .PARAMETER Quiet
    Give true or false instead of objects.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Test-CoexistenceConfiguration

    Tests coexist.yaml in the current folder.
    .EXAMPLE
    Test-CoexistenceConfiguration -ConfigPath C:\ProgramData\Coexist\coexist.yaml -Quiet

    Gives true or false.
    .OUTPUTS
    Coexistence.TestResult: Target, Name, Passed, Severity, Message, RecommendedAction; with -Quiet System.Boolean.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.TestResult', [bool])]
    param(
        [switch] $Quiet,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    end {
        $request = @{ op = 'config.check'; configPath = $ConfigPath; records = @('TestResult') }
        $results = Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence test' -Tolerate 3, 8, 9
        if (-not $Quiet) { return $results }
        @($results).Count -gt 0 -and @($results | Where-Object -FilterScript { -not $_.Passed -and $_.Severity -eq 'Error' }).Count -eq 0
    }
}

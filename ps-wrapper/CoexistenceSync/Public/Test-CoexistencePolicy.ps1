function Test-CoexistencePolicy {
    <#
    .SYNOPSIS
    Runs the tests of the policies.
    .DESCRIPTION
    Each test is one object. It needs neither directory nor tenant.
    .PARAMETER Path
    The folder of the policies, the one that coexist.yaml names when left out.
    .PARAMETER Name
    Only tests whose "file: name" matches this regular expression.
    .PARAMETER Quiet
    Give true or false instead of objects.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Test-CoexistencePolicy

    Runs all tests of the policies that coexist.yaml names.
    .EXAMPLE
    if (-not (Test-CoexistencePolicy -Path .\policies -Quiet)) { throw 'policies' }

    Stops a pipeline when a test does not pass.
    .OUTPUTS
    Coexistence.PolicyTestResult: Suite, Case, Outcome, Message; with -Quiet System.Boolean: true when there are tests and all pass.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.PolicyTestResult', [bool])]
    param(
        [Parameter(Position = 0)]
        [string] $Path,

        [string] $Name,

        [switch] $Quiet,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    end {
        $request = New-PolicyRequest -Op 'policy.test' -Path $Path -ConfigPath $ConfigPath -Caller $PSCmdlet
        if ($Name) { $request.params = @{ run = $Name } }
        $call = @{ Request = $request; Caller = $PSCmdlet; EnginePath = $EnginePath; TimeoutSeconds = $TimeoutSeconds; Activity = 'Coexistence policy tests' }
        if (-not $Quiet) {
            Invoke-CoexistenceEngine @call
            return
        }
        $request.records = @()
        $sum = Invoke-CoexistenceEngine @call -ResultType 'PolicyTestSummary'
        $sum.Failed -eq 0 -and $sum.Passed -gt 0
    }
}

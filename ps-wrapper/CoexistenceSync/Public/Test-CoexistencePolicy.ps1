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
    .PARAMETER Base
    A revision of the policies in Git, such as origin/main. What changes from it to the folder as it is now is given instead of
    the outcome of tests.
    .PARAMETER SnapshotPath
    The snapshot, made by coexist snapshot save, whose objects are decided about.
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
    .EXAMPLE
    Test-CoexistencePolicy -Base origin/main -SnapshotPath monday.snap | Where-Object -Property TakeAway

    Shows whom a change of the policies would take something away from.
    .OUTPUTS
    Coexistence.PolicyTestResult: Suite, Case, Outcome, Message; with -Quiet System.Boolean: true when there are tests and all pass;
    with -Base Coexistence.PolicyImpact: Decision, Key, OldValue, NewValue, TakeAway, Objects, Examples.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding(DefaultParameterSetName = 'Test')]
    [OutputType('Coexistence.PolicyTestResult', 'Coexistence.PolicyImpact', [bool])]
    param(
        [Parameter(Position = 0)]
        [string] $Path,

        [Parameter(ParameterSetName = 'Test')]
        [string] $Name,

        [Parameter(ParameterSetName = 'Test')]
        [switch] $Quiet,

        [Parameter(Mandatory = $true, ParameterSetName = 'Impact')]
        [string] $Base,

        [Parameter(Mandatory = $true, ParameterSetName = 'Impact')]
        [string] $SnapshotPath,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    end {
        if ($PSCmdlet.ParameterSetName -eq 'Impact') {
            $request = New-PolicyRequest -Op 'policy.impact' -Path $Path -ConfigPath $ConfigPath -Caller $PSCmdlet
            $request.params = @{ base = $Base; snapshot = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($SnapshotPath) }
            Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence policies'
            return
        }
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

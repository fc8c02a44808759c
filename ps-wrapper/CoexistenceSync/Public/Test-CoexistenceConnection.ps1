function Test-CoexistenceConnection {
    <#
    .SYNOPSIS
    Tests whether directories and tenant can be reached, read and written as the configuration wants.
    .DESCRIPTION
    Connects to each directory and to the tenant, reads little and writes nothing.
    .PARAMETER Quiet
    Give true or false instead of objects.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Test-CoexistenceConnection

    Shows each check and its outcome.
    .EXAMPLE
    Test-CoexistenceConnection | Where-Object -Property Passed -EQ -Value $false | Select-Object -ExpandProperty RecommendedAction

    Shows what to do about what failed.
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
        Invoke-EngineTest -Op 'doctor' -ConfigPath $ConfigPath -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Quiet:$Quiet -Caller $PSCmdlet
    }
}

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
        Invoke-EngineTest -Op 'config.check' -ConfigPath $ConfigPath -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Quiet:$Quiet -Caller $PSCmdlet
    }
}

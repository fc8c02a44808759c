function Test-CoexistenceObject {
    <#
    .SYNOPSIS
    Tests whether objects would arrive in the cloud as they are.
    .DESCRIPTION
    Holds the checks of the engine against the objects named. Warnings do not make a test fail.
    .PARAMETER Identity
    The objects: user principal name, distinguished name, sAMAccountName or objectGUID.
    .PARAMETER Quiet
    Give true or false instead of objects.
    .PARAMETER Explain
    Give what the policies decide about each object instead, and by which rule; nothing is tested then.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Test-CoexistenceObject -Identity ada@contoso.com

    Shows for each check whether the object passes.
    .EXAMPLE
    Get-ADUser ada | Test-CoexistenceObject -Quiet

    Gives true or false, for a script.
    .EXAMPLE
    Test-CoexistenceObject -Identity ada@contoso.com -Explain | Format-Table -Property Decision, Value, Rules

    Shows what becomes of a user, and why.
    .OUTPUTS
    Coexistence.TestResult: Target, Name, Passed, Severity, Message, RecommendedAction; with -Quiet System.Boolean; with -Explain
    Coexistence.Decision: Identity, Decision, Status, Value, Rules, File, Line, Reason, NearestMiss.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.TestResult', 'Coexistence.Decision', [bool])]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)]
        [Alias('DistinguishedName', 'UserPrincipalName', 'ObjectGUID', 'ObjectId')]
        [string[]] $Identity,

        [switch] $Quiet,

        [switch] $Explain,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    begin {
        $wanted = New-Object -TypeName 'System.Collections.Generic.List[string]'
    }
    process {
        foreach ($name in $Identity) { if ($name) { $wanted.Add($name) } }
    }
    end {
        if ($wanted.Count -eq 0) { return }
        if ($Explain) {
            foreach ($name in $wanted) {
                $request = @{ op = 'explain'; args = @($name); configPath = $ConfigPath }
                Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence policies'
            }
            return
        }
        $request = @{ op = 'validate'; args = $wanted.ToArray(); configPath = $ConfigPath; params = @{ severity = 'warning' }; records = @('SyncValidation') }
        Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence validation' |
            ConvertTo-TestResult -Quiet:$Quiet
    }
}

function Get-CoexistencePolicy {
    <#
    .SYNOPSIS
    Gets the policies.
    .DESCRIPTION
    Loads and compiles them; mistakes are errors with file and line.
    .PARAMETER Path
    The folder of the policies, the one that coexist.yaml names when left out.
    .PARAMETER Name
    Only policies with these names. Wildcards are allowed.
    .PARAMETER ConfigPath
    The configuration, coexist.yaml in the current folder when left out.
    .PARAMETER TimeoutSeconds
    Stop the command after this time. 0 waits for ever.
    .PARAMETER EnginePath
    The executable coexist to use instead of the one that belongs to the module.
    .EXAMPLE
    Get-CoexistencePolicy

    Lists the policies that coexist.yaml names.
    .EXAMPLE
    Get-CoexistencePolicy -Name users | Select-Object -ExpandProperty Decisions

    Shows what one policy decides.
    .OUTPUTS
    Coexistence.Policy: Name, File, Owner, Description, Decisions, Rules, Digest.
    .LINK
    about_CoexistenceSync
    #>
    [CmdletBinding()]
    [OutputType('Coexistence.Policy')]
    param(
        [Parameter(Position = 0)]
        [string] $Path,

        [SupportsWildcards()]
        [string[]] $Name,

        [string] $ConfigPath,

        [ValidateRange(0, 86400)]
        [int] $TimeoutSeconds = 0,

        [Parameter(DontShow = $true)]
        [string] $EnginePath
    )
    end {
        $request = New-PolicyRequest -Op 'policy.check' -Path $Path -ConfigPath $ConfigPath -Caller $PSCmdlet
        Invoke-CoexistenceEngine -Request $request -Caller $PSCmdlet -EnginePath $EnginePath -TimeoutSeconds $TimeoutSeconds -Activity 'Coexistence policies' | ForEach-Object -Process {
            $policy = $_
            if (-not $Name -or (Test-NameLike -Name $policy.Name -Pattern $Name)) { $policy }
        }
    }
}

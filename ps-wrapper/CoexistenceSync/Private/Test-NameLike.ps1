function Test-NameLike {
    # Whether a name fits one of several patterns. Not -like, which folds letters as the culture does: in Turkish INGRID is not
    # like ingrid.
    [CmdletBinding()]
    [OutputType([bool])]
    param([AllowEmptyString()] [AllowNull()] [string] $Name, [string[]] $Pattern)

    $option = [System.Management.Automation.WildcardOptions]::IgnoreCase -bor [System.Management.Automation.WildcardOptions]::CultureInvariant
    foreach ($one in $Pattern) {
        if ((New-Object -TypeName System.Management.Automation.WildcardPattern -ArgumentList $one, $option).IsMatch($Name)) { return $true }
    }
    $false
}

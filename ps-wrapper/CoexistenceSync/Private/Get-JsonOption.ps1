function Get-JsonOption {
    # From 7.5 on ConvertFrom-Json can be told to leave texts that look like dates alone. 5.1 does so anyway.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()

    $option = @{}
    if ((Get-Command -Name ConvertFrom-Json).Parameters.ContainsKey('DateKind')) { $option.DateKind = 'String' }
    $option
}

function ConvertTo-CsvCell {
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [AllowNull()] [string] $Text)

    if ($Text -match '^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]') { $Text = "'" + $Text }
    '"' + $Text.Replace('"', '""') + '"'
}

function ConvertTo-EngineRequest {
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory = $true)] [System.Collections.IDictionary] $InputObject)

    $request = @{
        wire    = 1
        id      = [guid]::NewGuid().ToString()
        mode    = 'read'
        client  = @{ name = 'CoexistenceSync'; version = $script:Wire.Module; ps = $PSVersionTable.PSVersion.ToString(); edition = $PSVersionTable.PSEdition }
        culture = [System.Globalization.CultureInfo]::CurrentCulture.Name
    }
    foreach ($key in $InputObject.Keys) { $request[$key] = ConvertTo-PlainValue -Value $InputObject[$key] }
    ConvertTo-Json -InputObject $request -Depth 20 -Compress
}

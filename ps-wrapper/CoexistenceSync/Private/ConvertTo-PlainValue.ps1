function ConvertTo-PlainValue {
    # Only what both editions write alike as JSON: text, number, truth, list, map. A list stays one, also of one or none.
    [CmdletBinding()]
    param([AllowNull()] $Value)

    if ($null -eq $Value) { return $null }
    if ($Value -is [System.Management.Automation.PSObject]) { $Value = $Value.PSObject.BaseObject }
    if ($Value -is [switch]) { return [bool] $Value }
    if ($Value -is [datetime]) { return $Value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", [System.Globalization.CultureInfo]::InvariantCulture) }
    if ($Value -is [timespan]) { return [int64] $Value.TotalMilliseconds }
    if ($Value -is [guid] -or $Value -is [enum]) { return $Value.ToString() }
    if ($Value -is [System.Collections.IDictionary]) {
        $map = @{}
        foreach ($key in $Value.Keys) { $map[[string] $key] = ConvertTo-PlainValue -Value $Value[$key] }
        return $map
    }
    if ($Value -is [System.Collections.IEnumerable] -and -not ($Value -is [string])) {
        $list = New-Object -TypeName 'System.Collections.Generic.List[object]'
        foreach ($element in $Value) {
            if ($null -ne $element) { $list.Add((ConvertTo-PlainValue -Value $element)) }
        }
        return , $list.ToArray()
    }
    $Value
}

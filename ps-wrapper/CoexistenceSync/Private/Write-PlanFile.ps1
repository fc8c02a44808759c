function Write-PlanFile {
    # Writes changes to a file. Texts come from a directory: in a table one that a spreadsheet would take for a formula gets
    # an apostrophe.
    [CmdletBinding()]
    param(
        [Parameter(ValueFromPipeline = $true)] $InputObject,
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [string] $Format
    )
    begin {
        $writer = New-Object -TypeName System.IO.StreamWriter -ArgumentList $Path, $false, (New-Object -TypeName System.Text.UTF8Encoding -ArgumentList ($Format -eq 'Csv'))
        $first = $true
        if ($Format -eq 'Csv') { $writer.WriteLine('Operation,Identity,Name,ObjectType,Directory,Attribute,OldValue,NewValue,Rule') }
        else { $writer.WriteLine('[') }
    }
    process {
        if ($null -eq $InputObject) { return }
        $change = $InputObject
        if ($Format -ne 'Csv') {
            if (-not $first) { $writer.WriteLine(',') }
            $first = $false
            $writer.Write((ConvertTo-Json -InputObject $change -Depth 6 -Compress))
            return
        }
        $attributes = @($change.Attributes)
        if ($attributes.Count -eq 0) { $attributes = @([pscustomobject] @{ Name = ''; OldValue = @(); NewValue = @(); Added = @(); Removed = @(); Rule = '' }) }
        foreach ($attribute in $attributes) {
            $new = @($attribute.NewValue) + @($attribute.Added | ForEach-Object -Process { "+$_" }) + @($attribute.Removed | ForEach-Object -Process { "-$_" })
            $cells = $change.Operation, $change.Identity, $change.Name, $change.ObjectType, $change.Directory, $attribute.Name, (@($attribute.OldValue) -join '; '), ($new -join '; '), $attribute.Rule
            $writer.WriteLine(($cells | ForEach-Object -Process { ConvertTo-CsvCell -Text $_ }) -join ',')
        }
    }
    end {
        if ($Format -ne 'Csv') { $writer.WriteLine(); $writer.WriteLine(']') }
        $writer.Dispose()
    }
}

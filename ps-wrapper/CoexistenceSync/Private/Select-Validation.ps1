function Select-Validation {
    # Lets through the objects that were asked for.
    [CmdletBinding()]
    param(
        [Parameter(ValueFromPipeline = $true)] $InputObject,
        [string[]] $Status,
        [string[]] $ObjectType,
        [string[]] $Category,
        [string[]] $PropertyName
    )
    process {
        Set-StrictMode -Off
        $found = $InputObject
        foreach ($one in $found.Errors) { if ($one -and $one.PSTypeNames[0] -ne 'Coexistence.ValidationError') { $one.PSTypeNames.Insert(0, 'Coexistence.ValidationError') } }
        if ($Status -and $Status -notcontains $found.ValidationStatus) { return }
        if ($ObjectType -and $ObjectType -notcontains $found.ObjectType) { return }
        if ($Category -and @($found.Errors | Where-Object -FilterScript { $Category -contains $_.Category }).Count -eq 0) { return }
        if ($PropertyName -and @($found.Errors | Where-Object -FilterScript { $PropertyName -contains $_.PropertyCausingError }).Count -eq 0) { return }
        $found
    }
}

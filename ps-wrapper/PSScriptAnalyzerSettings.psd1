# For the module. The profiles list commands and types of Windows Server 2016 and 2019 with 5.1, and of PowerShell 7.0.
@{
    Severity            = @('Error', 'Warning')
    IncludeDefaultRules = $true
    # Parameters used in script blocks and in nested scopes count as unused there.
    ExcludeRules        = @('PSReviewUnusedParameter')
    Rules               = @{
        PSUseCompatibleSyntax      = @{ Enable = $true; TargetVersions = @('5.1', '7.0') }
        PSUseCompatibleCommands    = @{
            Enable         = $true
            TargetProfiles = @(
                'win-8_x64_10.0.14393.0_5.1.14393.2791_x64_4.0.30319.42000_framework'
                'win-8_x64_10.0.17763.0_5.1.17763.316_x64_4.0.30319.42000_framework'
                'win-8_x64_10.0.17763.0_7.0.0_x64_3.1.2_core'
            )
        }
        PSUseCompatibleTypes       = @{ Enable = $true; TargetProfiles = @('win-8_x64_10.0.17763.0_5.1.17763.316_x64_4.0.30319.42000_framework') }
        PSPlaceOpenBrace           = @{ Enable = $true; OnSameLine = $true }
        PSUseConsistentIndentation = @{ Enable = $true; IndentationSize = 4; Kind = 'space' }
    }
}

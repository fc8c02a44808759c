# For the tests. The profiles of 5.1 hold Pester 3, so commands are not held against them; syntax is.
@{
    Severity            = @('Error', 'Warning')
    IncludeDefaultRules = $true
    ExcludeRules        = @(
        # Parameters and variables are used in script blocks of Pester, which the rules do not follow.
        'PSReviewUnusedParameter'
        'PSUseDeclaredVarsMoreThanAssignments'
        # Helpers and stand-ins of commands are no commands of a module.
        'PSUseShouldProcessForStateChangingFunctions'
        'PSShouldProcess'
        'PSAvoidGlobalFunctions'
        'PSAvoidGlobalVars'
        'PSAvoidOverwritingBuiltInCmdlets'
        'PSUseSingularNouns'
        # Planted secrets.
        'PSAvoidUsingConvertToSecureStringWithPlainText'
    )
    Rules               = @{
        PSUseCompatibleSyntax      = @{ Enable = $true; TargetVersions = @('5.1', '7.0') }
        PSPlaceOpenBrace           = @{ Enable = $true; OnSameLine = $true }
        PSUseConsistentIndentation = @{ Enable = $true; IndentationSize = 4; Kind = 'space' }
    }
}

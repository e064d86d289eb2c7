/** The label from which SDKs take the language of a code run. */
export const languageLabel = 'code-toolbox-language'

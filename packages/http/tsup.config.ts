import { libraryConfig } from '../../tsup.base.js'

export default libraryConfig({ index: 'src/index.ts', 'client/index': 'src/client/index.ts' })

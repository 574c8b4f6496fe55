import 'fake-indexeddb/auto'
import { IndexedDbStore } from '../../src/store/indexeddb.ts'
import { storeContract } from './contract.ts'

let names = 0
const open = () => IndexedDbStore.open(`test-${names}`)

storeContract(
  () => {
    names++
    return open()
  },
  async (store) => {
    await store.close()
    return open()
  },
)

import { adviceOnBox } from './advice/box.ts'
import { adviceOnCentre } from './advice/centre.ts'
import { adviceOnHistory } from './advice/history.ts'
import { adviceOnIdentity } from './advice/identity.ts'
import { adviceOnSilence } from './advice/silence.ts'
import { adviceOnStore } from './advice/store.ts'
import type { AdviceOn } from './advice/words.ts'
import type { RaisedKind } from './kinds.ts'

/** What each kind of finding says, in the words of someone who has to act on it. */
export const advice: AdviceOn<RaisedKind> = {
  ...adviceOnSilence,
  ...adviceOnHistory,
  ...adviceOnIdentity,
  ...adviceOnBox,
  ...adviceOnStore,
  ...adviceOnCentre,
}

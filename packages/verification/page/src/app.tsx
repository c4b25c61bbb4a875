import { anchorFileNames } from '@probant/evidence'
import { Button, chooseLanguage, language } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { FileChoice } from './file-choice.tsx'
import * as inquiry from './inquiry.ts'
import { OutcomeView } from './report-view.tsx'
import { words } from './words.ts'

/** One page: what is given, and the answer. */
export function App() {
  const say = words()
  const { bundle, documentFile, anchorFiles, requiredWitnesses, day, outcome } = inquiry
  const strangers = useSignal<readonly string[]>([])
  const isMissing = useSignal(false)
  const isOver = useDrops()
  const answer = useRef<HTMLDivElement>(null)
  useEffect(() => {
    document.title = say.title
  })
  const verify = async () => {
    isMissing.value = bundle.value === undefined
    await inquiry.verify()
    answer.current?.focus()
  }
  return (
    <>
      <header class="head">
        <h1>{say.title}</h1>
        <Button
          look="quiet"
          lang={language.value === 'fr' ? 'en' : 'fr'}
          onClick={() => chooseLanguage(language.value === 'fr' ? 'en' : 'fr')}
        >
          {say.language}
        </Button>
      </header>
      <main>
        <p>{say.lead}</p>
        <p class={isOver.value ? 'drop drop-over no-print' : 'drop no-print'}>
          {isOver.value ? say.dropNow : say.drop}
        </p>
        <div class="given">
          <FileChoice
            label={say.bundle}
            hint={say.bundleHint}
            accepts=".zip"
            chosen={bundle.value === undefined ? [] : [bundle.value.name]}
            onChoose={([file]) => inquiry.giveBundle(file)}
            onRemove={() => inquiry.giveBundle(undefined)}
          />
          <FileChoice
            label={say.document}
            hint={say.documentHint}
            chosen={documentFile.value === undefined ? [] : [documentFile.value.name]}
            onChoose={([file]) => inquiry.giveDocument(file)}
            onRemove={() => inquiry.giveDocument(undefined)}
          />
          <FileChoice
            label={say.anchors}
            hint={say.anchorsHint(anchorFileNames.join(', '))}
            isMultiple
            chosen={[...anchorFiles.value.keys()].sort()}
            onChoose={(files) => {
              strangers.value = inquiry.giveAnchors(files)
            }}
            onRemove={() => inquiry.forgetAnchors()}
          />
        </div>
        {strangers.value.length > 0 && (
          <p role="status">{say.notAnchors(strangers.value.join(', '))}</p>
        )}
        <p class="no-print">
          <label class="asked">
            <input
              type="number"
              min={0}
              max={99}
              value={requiredWitnesses.value}
              onInput={({ currentTarget: { valueAsNumber } }) =>
                inquiry.requireWitnesses(Number.isInteger(valueAsNumber) ? valueAsNumber : 0)
              }
            />
            {say.requiredWitnesses}
          </label>
        </p>
        <p class="no-print">
          <label class="asked">
            {say.asOf}
            <input
              type="date"
              value={day.value}
              onChange={(event) => inquiry.judgeAsOf(event.currentTarget.value)}
            />
          </label>
        </p>
        <div class="actions no-print">
          <Button
            look="primary"
            isBusy={outcome.value?.kind === 'running'}
            onClick={() => void verify()}
          >
            {say.verify}
          </Button>
        </div>
        {isMissing.value && bundle.value === undefined && <p role="alert">{say.needBundle}</p>}
        <div ref={answer} tabIndex={-1} class="outcome">
          {outcome.value !== undefined && <OutcomeView outcome={outcome.value} />}
        </div>
        <p class="hint">{say.digest}</p>
      </main>
    </>
  )
}

/** Files may be dropped anywhere in the page. */
function useDrops() {
  const isOver = useSignal(false)
  useEffect(() => {
    const over = (event: DragEvent) => {
      event.preventDefault()
      isOver.value = true
    }
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) isOver.value = false
    }
    const drop = (event: DragEvent) => {
      event.preventDefault()
      isOver.value = false
      void filesOf(event.dataTransfer).then((files) => inquiry.give(files))
    }
    addEventListener('dragover', over)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', over)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
    }
  }, [])
  return isOver
}

/** What was dropped, and the files directly inside dropped folders: a folder of anchors. */
async function filesOf(dropped: DataTransfer | null): Promise<File[]> {
  const entries = [...(dropped?.items ?? [])].map((item) => item.webkitGetAsEntry())
  const loose = [...(dropped?.files ?? [])]
  const found = await Promise.all(
    entries.map(async (entry, at) => {
      if (entry !== null && isFolder(entry)) return filesIn(entry)
      const file = loose[at]
      return file === undefined ? [] : [file]
    }),
  )
  return found.flat()
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader()
  const files: File[] = []
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject)
    })
    if (entries.length === 0) return files
    for (const entry of entries)
      if (isFile(entry))
        files.push(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)))
  }
}

// Not every browser names these classes.
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile

import { formatNumber, formatSize, Table } from '@probant/web/browser'
import { DownloadButton } from './download-button.tsx'
import { formatName } from './formats.ts'
import type { VaultDocument } from './service.ts'
import { addresses } from './service.ts'
import { words } from './words.ts'

interface DocumentFilesProps {
  document: VaultDocument
  files: NonNullable<VaultDocument['files']>
}

/** The files of a document that has several, each to be downloaded by itself. */
export function DocumentFiles({ document, files }: DocumentFilesProps) {
  const say = words()
  const { vault, id } = document
  const nameOf = ({ fileName, number }: (typeof files)[number]) =>
    fileName ?? say.fileUnnamed(formatNumber(number))
  return (
    <Table
      caption={say.filesCaption}
      rows={files}
      keyOf={({ number }) => number}
      columns={[
        { title: say.fileName, isRowHeader: true, cell: nameOf },
        { title: say.kind, cell: ({ mediaType }) => formatName(mediaType) },
        { title: say.size, isNumeric: true, cell: ({ size }) => formatSize(size) },
        {
          title: say.downloadFile,
          cell: (file) => (
            <DownloadButton
              label={say.downloadFile}
              spoken={say.downloadFileOf(nameOf(file))}
              path={addresses.fileContent(vault, id, file.number)}
              name={nameOf(file)}
              sizeBytes={file.size}
            />
          ),
        },
      ]}
    />
  )
}

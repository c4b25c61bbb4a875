import { dictionary } from '@probant/web/browser'

const formats = dictionary(
  {
    'application/pdf': 'PDF',
    'image/jpeg': 'Image JPEG',
    'image/png': 'Image PNG',
    'image/tiff': 'Image TIFF',
    'text/csv': 'Tableau CSV',
    'text/plain': 'Texte',
    'application/zip': 'Archive ZIP',
    'multipart/mixed': 'Plusieurs fichiers',
    'application/octet-stream': 'Non reconnu',
  },
  {
    'application/pdf': 'PDF',
    'image/jpeg': 'JPEG image',
    'image/png': 'PNG image',
    'image/tiff': 'TIFF image',
    'text/csv': 'CSV table',
    'text/plain': 'Text',
    'application/zip': 'ZIP archive',
    'multipart/mixed': 'Several files',
    'application/octet-stream': 'Not recognised',
  },
)

/** What people call a media type; those that have no common name keep their own. */
export function formatName(mediaType: string): string {
  const names = new Map<string, string>(Object.entries(formats()))
  return names.get(mediaType) ?? mediaType
}

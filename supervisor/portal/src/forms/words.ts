import { dictionary } from '@probant/web/browser'

export const words = dictionary(
  { cancel: 'Annuler', busy: 'Enregistrement…' },
  { cancel: 'Cancel', busy: 'Recording…' },
)

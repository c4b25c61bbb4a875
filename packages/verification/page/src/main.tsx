import { announceLanguage } from '@probant/web/browser'
import { render } from 'preact'
import { App } from './app.tsx'

announceLanguage()
const page = document.getElementById('page')
if (page) render(<App />, page)

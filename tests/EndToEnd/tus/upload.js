// Uploads a file with tus-js-client: node upload.js ENDPOINT TOKEN FILE NAME CHUNK. Prints the bytes that were sent and at the end the media id.
import { createReadStream, statSync } from 'node:fs'
import * as tus from 'tus-js-client'

const [endpoint, token, file, name, chunk] = process.argv.slice(2)
const size = statSync(file).size
let mediaId

const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  uploadSize: size,
  chunkSize: Number(chunk),
  metadata: { filename: name, filetype: 'application/octet-stream' },
  headers: { Authorization: `Bearer ${token}` },
  retryDelays: Array(60).fill(500),
  onAfterResponse: (_request, response) => {
    mediaId = response.getHeader('Upload-Media-Id') ?? mediaId
  },
  onProgress: (sent) => console.log(`sent ${sent}`),
  onError: (error) => {
    console.error(error)
    process.exit(1)
  },
  onSuccess: () => console.log(`done ${mediaId}`),
})
upload.start()

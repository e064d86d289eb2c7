/** The files of a sandbox. */
import { z } from 'zod'
import {
  bulkDownloadRequestSchema,
  bulkUploadedSchema,
  fileInfoSchema,
  fileMatchSchema,
  replaceRequestSchema,
  replaceResultSchema,
  uploadedFileSchema,
} from '@/lib/process-api/files'
import { bytes, type Content, empty, json, type OperationGroup } from '../operation'

const pathSchema = z.string().min(1)
const pathNote = 'Absolute, or relative to the working folder.'
const octalSchema = z.string().regex(/^[0-7]{1,5}$/)
const onPath = ['BAD_REQUEST', 'INVALID_FILE_PATH', 'FILE_ACCESS_DENIED', 'FILE_NOT_FOUND'] as const
const written = [
  'BAD_REQUEST',
  'INVALID_FILE_PATH',
  'FILE_ACCESS_DENIED',
  'FILE_NOT_FOUND',
  'INSUFFICIENT_STORAGE',
] as const
const signed = ['ApiKey', 'PreviewToken', 'PreviewTokenInQuery', 'FileSignature']

/** A form is read part by part, so that no file has to fit into memory. */
const oneFile: Content = {
  about: 'A form whose field `file` is the file. Its name there does not count.',
  type: 'multipart/form-data',
  schema: z.object({ file: z.file() }),
}

export const fileGroup: OperationGroup = {
  tag: 'Files',
  about: 'Files and folders of a sandbox, as its own user sees them. Transfers stream both ways, whatever their size.',
  params: {},
  operations: {
    'GET /files': {
      id: 'listFiles',
      summary: 'What is in a folder',
      about:
        'Sorted by name. With a depth the folders’ contents follow each of them; links to folders are not entered.',
      query: z.object({ path: z.string().optional(), depth: z.coerce.number().int().min(1).optional() }),
      queryNotes: {
        path: `${pathNote} The working folder where it is left out.`,
        depth: 'How many levels; 1 where it is left out.',
      },
      answers: { 200: json(z.array(fileInfoSchema), 'The entries.') },
      errors: onPath,
    },
    'DELETE /files': {
      id: 'deleteFile',
      summary: 'Delete a file or a folder',
      about: 'Of a link the link itself. A folder needs `recursive`.',
      query: z.object({ path: pathSchema, recursive: z.enum(['true', 'false']).optional() }),
      queryNotes: { path: pathNote, recursive: '`true` deletes a folder with all that is in it.' },
      answers: { 204: empty('It is gone.') },
      errors: onPath,
    },
    'GET /files/info': {
      id: 'getFileInfo',
      summary: 'One file or folder',
      about: 'Size, times, mode and owner.',
      query: z.object({ path: pathSchema }),
      queryNotes: { path: pathNote },
      answers: { 200: json(fileInfoSchema, 'What it is.') },
      errors: onPath,
    },
    'GET /files/download': {
      id: 'downloadFile',
      summary: 'Download a file',
      about: 'Whole or, with a `Range` header, a part of it. A signed link to it works without any other credential.',
      query: z.object({ path: pathSchema }),
      queryNotes: { path: pathNote },
      credentials: signed,
      answers: {
        200: bytes('The file.'),
        206: bytes('The part that was asked for.'),
        416: empty('The file has no such part.'),
      },
      errors: [...onPath, 'FILE_READ_FAILED'],
    },
    'POST /files/bulk-download': {
      id: 'downloadFiles',
      summary: 'Download several files',
      about:
        'Each file is a part of the answer, named exactly as it was asked for. One that cannot be read is a part named `error` with an error envelope. An answer that could not be finished lacks its closing boundary.',
      body: json(bulkDownloadRequestSchema, 'The files.', { paths: ['a.txt', 'b.txt'] }),
      answers: { 200: bytes('The parts.', 'multipart/form-data') },
      errors: ['BAD_REQUEST'],
    },
    'POST /files/upload': {
      id: 'uploadFile',
      summary: 'Upload a file',
      about: 'Written as it arrives; missing folders are made, an existing file is written over.',
      query: z.object({ path: pathSchema }),
      queryNotes: { path: pathNote },
      body: oneFile,
      answers: { 200: empty('It was written.') },
      errors: written,
    },
    'POST /files/upload-v2': {
      id: 'uploadFileV2',
      summary: 'Upload a file and be told its path',
      about: 'As `uploadFile`. A signed link to it works without any other credential.',
      query: z.object({ path: pathSchema }),
      queryNotes: { path: pathNote },
      credentials: signed,
      body: oneFile,
      answers: { 200: json(uploadedFileSchema, 'The file.') },
      errors: written,
    },
    'POST /files/bulk-upload': {
      id: 'uploadFiles',
      summary: 'Upload several files',
      about:
        'Files are independent: one that fails does not keep the others from being written. A failure then names those that failed in `errors` and those that were written in `files`.',
      body: {
        about:
          'A form with the fields `files[0].path`, `files[0].file`, `files[1].path` and so on, each path before its file.',
        type: 'multipart/form-data',
        schema: z.object({ 'files[0].path': z.string(), 'files[0].file': z.file() }),
      },
      answers: { 200: json(z.object({ files: z.array(bulkUploadedSchema) }), 'What was written.') },
      errors: ['BAD_REQUEST'],
    },
    'GET /files/find': {
      id: 'findInFiles',
      summary: 'Find a text in files',
      about: 'Looks at every file below a folder that is text, and tells the lines that have it.',
      query: z.object({ path: pathSchema, pattern: z.string().min(1) }),
      queryNotes: { path: pathNote, pattern: 'The text, as it is.' },
      answers: { 200: json(z.array(fileMatchSchema), 'The lines.') },
      errors: [...onPath, 'TOO_MANY_REQUESTS', 'REQUEST_TIMEOUT'],
    },
    'GET /files/search': {
      id: 'searchFiles',
      summary: 'Find files by name',
      about: 'Everything below a folder whose name fits a pattern.',
      query: z.object({ path: pathSchema, pattern: z.string().min(1) }),
      queryNotes: { path: pathNote, pattern: 'A pattern such as `*.ts`, for the name alone.' },
      answers: { 200: json(z.object({ files: z.array(z.string()) }), 'Their paths.') },
      errors: [...onPath, 'TOO_MANY_REQUESTS', 'REQUEST_TIMEOUT'],
    },
    'POST /files/folder': {
      id: 'createFolder',
      summary: 'Make a folder',
      about: 'With those above it. One that is there already is fine.',
      query: z.object({ path: pathSchema, mode: octalSchema.optional() }),
      queryNotes: { path: pathNote, mode: 'Octal text; 0755 where it is left out.' },
      answers: { 201: empty('It is there.') },
      errors: written,
    },
    'POST /files/move': {
      id: 'moveFile',
      summary: 'Move or rename',
      about: 'Never onto something that is there. Works from one file system to another.',
      query: z.object({ source: pathSchema, destination: pathSchema }),
      queryNotes: { source: 'What is moved.', destination: 'Its new path, name included.' },
      answers: { 200: empty('It was moved.') },
      errors: [...written, 'CONFLICT'],
    },
    'POST /files/permissions': {
      id: 'setFilePermissions',
      summary: 'Change mode and owner',
      about: 'What is left out stays.',
      query: z.object({
        path: pathSchema,
        mode: octalSchema.optional(),
        owner: z.string().optional(),
        group: z.string().optional(),
      }),
      queryNotes: {
        path: pathNote,
        mode: 'Octal text such as 0644.',
        owner: 'A name or a number.',
        group: 'A name or a number.',
      },
      answers: { 200: empty('It was changed.') },
      errors: onPath,
    },
    'POST /files/replace': {
      id: 'replaceInFiles',
      summary: 'Replace a text in files',
      about: 'Each file has its own verdict in the answer; links, owner and mode stay.',
      body: json(replaceRequestSchema, 'Files and texts.', { files: ['a.txt'], pattern: 'old', newValue: 'new' }),
      answers: { 200: json(z.array(replaceResultSchema), 'One verdict for each file.') },
      errors: ['INVALID_REQUEST_BODY'],
    },
  },
}

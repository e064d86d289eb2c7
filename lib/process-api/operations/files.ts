/** Files and folders of a sandbox. */
import { z } from 'zod'
import {
  bulkDownloadRequestSchema,
  bulkUploadedSchema,
  fileInfoSchema,
  fileMatchSchema,
  replaceRequestSchema,
  replaceResultSchema,
  uploadedFileSchema,
} from '../files'
import { type Area, bytes, empty, flagSchema, formBody, json, jsonBody, operationsOf, parameter } from './operation'

const area = {
  api: 'toolbox',
  tag: 'Files',
  description:
    'Files and folders of a sandbox, with the permissions of its user. Uploads and downloads are streamed, whatever their size.',
} as const satisfies Area

const onPath = ['BAD_REQUEST', 'INVALID_FILE_PATH', 'FILE_ACCESS_DENIED', 'FILE_NOT_FOUND'] as const
const onWrite = [...onPath, 'INSUFFICIENT_STORAGE'] as const
const signed = ['ApiKey', 'PreviewToken', 'PreviewTokenInQuery', 'FileSignature'] as const

function pathParameter(name: string, description: string) {
  return parameter(z.string().min(1), description, { code: 'INVALID_FILE_PATH', invalid: `${name} is required` })
}

/** An empty text counts as absent. */
function optional<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((text) => (text === '' ? undefined : text), schema.optional())
}

function modeParameter(description: string) {
  const octal = z.string().regex(/^[0-7]{1,5}$/)
  const schema = optional(octal.refine((text) => Number.parseInt(text, 8) <= 0o7777))
  return parameter(schema, description, { invalid: 'mode must be octal text such as 0644' })
}

function patternParameter(description: string) {
  return parameter(z.string().min(1), description, { invalid: 'pattern is required' })
}

const path = pathParameter('path', 'Absolute, or relative to the working directory.')
/** Digits only: other texts that JavaScript takes for numbers are refused. */
const depthSchema = z.preprocess(
  (text) => (typeof text === 'string' && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : text || undefined),
  z.number().int().min(1).default(1),
)
const links = parameter(flagSchema, 'An extension. `true` adds `link` to each entry.')
const oneFile = formBody(
  z.object({ file: z.file() }),
  'A form whose field `file` is the file. The file name in the form is ignored.',
)

export const fileOperations = operationsOf(area, {
  listFiles: {
    method: 'GET',
    path: '/files',
    summary: 'List a folder',
    description:
      'Sorted by name. With a depth, the contents of each folder follow it. Links to folders are not followed. A byte of a name that is not UTF-8 stands as U+F700 + byte, in every path of this API.',
    query: {
      path: parameter(z.string().optional(), 'Absolute, or relative to the working directory, which is the default.'),
      depth: parameter(depthSchema, 'Number of levels.', { invalid: 'depth must be a whole number of at least 1' }),
      links,
    },
    responses: { 200: json(z.array(fileInfoSchema), 'The entries.') },
    errors: onPath,
  },
  deleteFile: {
    method: 'DELETE',
    path: '/files',
    summary: 'Delete a file or folder',
    description: 'Deletes a link itself, not what it points to. Folders need `recursive`.',
    query: { path, recursive: parameter(flagSchema, '`true` deletes a folder with its contents.') },
    responses: { 204: empty('The file or folder was deleted.') },
    errors: onPath,
  },
  getFileInfo: {
    method: 'GET',
    path: '/files/info',
    summary: 'Get information about a file or folder',
    description: 'Returns size, times, mode and owner.',
    query: { path, links },
    responses: { 200: json(fileInfoSchema, 'The information.') },
    errors: onPath,
  },
  downloadFile: {
    method: 'GET',
    path: '/files/download',
    summary: 'Download a file',
    description:
      'Returns the whole file, or a part of it with a `Range` header. A signed link needs no other credential.',
    query: { path },
    credentials: signed,
    responses: {
      200: bytes('The file.'),
      206: bytes('The requested part.'),
      416: empty('The file does not have the requested part.'),
    },
    errors: [...onPath, 'FILE_READ_FAILED'],
  },
  downloadFiles: {
    method: 'POST',
    path: '/files/bulk-download',
    summary: 'Download several files',
    description:
      'Returns each file as a part that is named like the requested path. A file that cannot be read becomes a part named `error` with an error envelope. A response that was cut off lacks its closing boundary.',
    body: jsonBody(bulkDownloadRequestSchema, 'The files.', {
      name: 'FilesDownloadRequest',
      code: 'BAD_REQUEST',
      message: 'request body must be {"paths": [ ... ]} and non-empty',
      example: { paths: ['a.txt', 'b.txt'] },
    }),
    repeatsMessage: true,
    responses: { 200: bytes('The parts.', 'multipart/form-data') },
    errors: ['BAD_REQUEST'],
  },
  uploadFile: {
    method: 'POST',
    path: '/files/upload',
    summary: 'Upload a file',
    description: 'Writes the file as it arrives. Creates missing folders and replaces an existing file.',
    query: { path },
    body: oneFile,
    responses: { 200: empty('The file was written.') },
    errors: onWrite,
  },
  uploadFileV2: {
    method: 'POST',
    path: '/files/upload-v2',
    summary: 'Upload a file and get its path',
    description: 'Like `uploadFile`, with a response body. A signed link needs no other credential.',
    query: { path },
    credentials: signed,
    body: oneFile,
    responses: { 200: json(uploadedFileSchema, 'The file.') },
    errors: onWrite,
  },
  uploadFiles: {
    method: 'POST',
    path: '/files/bulk-upload',
    summary: 'Upload several files',
    description:
      'Files are independent: when one fails, the others are still written. The error envelope then lists the failures in `errors` and the written files in `files`.',
    body: formBody(
      z.object({ 'files[0].path': z.string(), 'files[0].file': z.file() }),
      'A form with the fields `files[0].path`, `files[0].file`, `files[1].path` and so on, each path before its file.',
    ),
    responses: { 200: json(z.object({ files: z.array(bulkUploadedSchema) }), 'The written files.') },
    errors: ['BAD_REQUEST'],
  },
  findInFiles: {
    method: 'GET',
    path: '/files/find',
    summary: 'Find text in files',
    description: 'Searches all text files below a folder and returns the matching lines.',
    query: { path, pattern: patternParameter('The text to find. It is not a regular expression.') },
    responses: { 200: json(z.array(fileMatchSchema), 'The matching lines.') },
    errors: [...onPath, 'TOO_MANY_REQUESTS', 'REQUEST_TIMEOUT'],
  },
  searchFiles: {
    method: 'GET',
    path: '/files/search',
    summary: 'Find files by name',
    description: 'Searches below a folder for files and folders whose name matches a pattern.',
    query: { path, pattern: patternParameter('A pattern for the name, such as `*.ts`.') },
    responses: { 200: json(z.object({ files: z.array(z.string()) }), 'The paths.') },
    errors: [...onPath, 'TOO_MANY_REQUESTS', 'REQUEST_TIMEOUT'],
  },
  createFolder: {
    method: 'POST',
    path: '/files/folder',
    summary: 'Create a folder',
    description: 'Creates missing parent folders, too. An existing folder is not an error.',
    query: { path, mode: modeParameter('Octal text; 0755 by default.') },
    responses: { 201: empty('The folder exists.') },
    errors: onWrite,
  },
  moveFile: {
    method: 'POST',
    path: '/files/move',
    summary: 'Move or rename a file or folder',
    description: 'Works across file systems. An existing destination is never replaced.',
    query: {
      source: pathParameter('source', 'What to move.'),
      destination: pathParameter('destination', 'The new path, including the name.'),
    },
    responses: { 200: empty('The file or folder was moved.') },
    errors: [...onWrite, 'CONFLICT'],
  },
  setFilePermissions: {
    method: 'POST',
    path: '/files/permissions',
    summary: 'Set mode and owner',
    description: 'Parameters that are left out are not changed.',
    query: {
      path,
      mode: modeParameter('Octal text such as 0644.'),
      owner: parameter(optional(z.string()), 'A name or a number.'),
      group: parameter(optional(z.string()), 'A name or a number.'),
    },
    responses: { 200: empty('The permissions were set.') },
    errors: onPath,
  },
  replaceInFiles: {
    method: 'POST',
    path: '/files/replace',
    summary: 'Replace text in files',
    description: 'Returns a result for each file. Links, owner and mode of the files are preserved.',
    body: jsonBody(replaceRequestSchema, 'Files and texts.', {
      name: 'ReplaceRequest',
      example: { files: ['a.txt'], pattern: 'old', newValue: 'new' },
    }),
    responses: { 200: json(z.array(replaceResultSchema), 'One result for each file.') },
    errors: ['INVALID_REQUEST_BODY'],
  },
})

"""Makes a case set from a sheet that a clinician fills in: an Excel workbook or a CSV file in the form of the template.

`template.write_template` writes the empty sheet, `tables` reads the cells of a filled-in one, `reading` makes cases of
its rows, and `create.create_case_set` writes the case set. `columns.yaml` holds the wording of the sheet by language.
"""

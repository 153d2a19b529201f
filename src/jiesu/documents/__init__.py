"""Official papers 公文 from data, as Word and as PDF, laid out after GB/T 9704-2012.

``paper`` says what a paper consists of; ``word.render(paper)`` and ``pdf.render(paper)`` give its
bytes. Texts are data, never markup: whatever stands in them is shown as it was written. No Django.
"""
